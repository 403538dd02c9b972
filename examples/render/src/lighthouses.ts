export interface Lighthouse {
  slug: string;
  name: string;
  country: string;
  built: number;
  height: number; // metres
}

export const lighthouses: readonly Lighthouse[] = [
  { slug: "bell-rock", name: "Bell Rock", country: "Scotland", built: 1810, height: 35 },
  { slug: "skerryvore", name: "Skerryvore", country: "Scotland", built: 1844, height: 48 },
  { slug: "eddystone", name: "Eddystone", country: "England", built: 1882, height: 49 },
  { slug: "fastnet", name: "Fastnet", country: "Ireland", built: 1904, height: 54 },
  { slug: "ar-men", name: "Ar-Men", country: "France", built: 1881, height: 37 },
  { slug: "slettnes", name: "Slettnes", country: "Norway", built: 1905, height: 39 },
];

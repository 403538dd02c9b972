export const products = Array.from({ length: 100 }, (_, id) => ({
  id,
  name: `Tea no. ${id} <loose>`,
  price: 3 + id / 4,
  note: `Picked by "A & B", box ${id}`,
}));

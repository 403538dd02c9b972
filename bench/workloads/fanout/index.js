// Asks another server five things at once, and answers with all of it.
export default {
  async fetch(request, env) {
    const ask = async (part) => (await fetch(`${env.ORIGIN}/part/${part}`)).text();
    const parts = await Promise.all([1, 2, 3, 4, 5].map(ask));
    return new Response(parts.join(""));
  },
};

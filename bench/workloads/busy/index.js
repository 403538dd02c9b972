// Computes for as many rounds as the query says.
export default {
  fetch(request) {
    const rounds = Number(new URL(request.url).searchParams.get("rounds"));
    let hash = 7;
    for (let i = 0; i < rounds; i++) hash = (hash * 31 + i) % 1000003;
    return new Response(String(hash));
  },
};

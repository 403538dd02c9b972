// The SHA-256 of what was sent, in hexadecimal.
export default {
  async fetch(request) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await request.arrayBuffer()));
    return new Response(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
  },
};

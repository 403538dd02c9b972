export default {
  async fetch(request) {
    const order = await request.json();
    order.total = order.items.reduce((sum, item) => sum + item.price * item.quantity, 0);
    order.status = "accepted";
    return Response.json(order);
  },
};

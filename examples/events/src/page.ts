/** A page that shows the events as they come. */
export const page = `<!doctype html>
<html lang="en">
<title>events</title>
<ol id="list"></ol>
<script type="module">
  const list = document.getElementById("list");
  new EventSource("/ticks").onmessage = ({ lastEventId, data }) => {
    const item = list.appendChild(document.createElement("li"));
    item.value = lastEventId;
    item.textContent = JSON.parse(data).at;
  };
</script>
</html>
`;

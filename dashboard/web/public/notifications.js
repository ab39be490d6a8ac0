// The worker of the page's notifications, for browsers in which a page may show none
// by itself, as on Android: who presses one is brought to what it tells of. It answers
// no requests and keeps nothing.
addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(bring(event.notification.data));
});

async function bring(path) {
  const [page] = await clients.matchAll({ type: 'window', includeUncontrolled: true }); // the one that was before one's eyes last
  if (!page) return clients.openWindow(path);
  page.postMessage(path);
  return page.focus();
}

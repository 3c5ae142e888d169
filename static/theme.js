// The theme, before the first paint: a classic script in the head, as a module would come too late.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('eyewall.theme');
  } catch {
    // Storage may be forbidden; then the system decides.
  }
  if (theme === '"light"' || theme === '"dark"') document.documentElement.dataset.theme = theme.slice(1, -1);
})();

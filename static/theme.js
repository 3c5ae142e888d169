// The theme, before the first paint: a classic script in the head, as a module would come too late.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('eyewall.theme');
  } catch {
    // Storage may be blocked; then the system decides.
  }
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const chosen = theme === '"light"' || theme === '"dark"' ? theme.slice(1, -1) : null;
  document.documentElement.dataset.theme = chosen ?? (isDark ? 'dark' : 'light');
})();

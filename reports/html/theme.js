/* Light, dark, or what the system says. Kept where the browser lets pages keep something. */
const themes = ['auto', 'light', 'dark'];
const themeKey = 'lockhound-theme';

function setTheme(theme, source) {
  if (theme === 'auto') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  source.textContent = 'Theme: ' + theme;
}

function keptTheme() {
  try {
    const theme = localStorage.getItem(themeKey);
    return themes.includes(theme) ? theme : 'auto';
  } catch (error) {
    return 'auto';
  }
}

function keepTheme(theme) {
  try {
    localStorage.setItem(themeKey, theme);
  } catch (error) {
    /* It lasts as long as the page. */
  }
}

function startTheme() {
  let theme = keptTheme();
  const source = button('', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    setTheme(theme, source);
    keepTheme(theme);
  });
  setTheme(theme, source);
  byId('theme').append(source);
}

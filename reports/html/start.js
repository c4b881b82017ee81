/* A link to a finding opens it. */
function followHash() {
  const card = /^#[fx]\d+$/.test(location.hash) && byId(location.hash.slice(1));
  if (card) {
    openCard(card);
  }
}

document.documentElement.classList.add('scripted');
document.body.append(voice);
startTheme();
startFindings(startCards().filter((card) => card.id[0] === 'f'));
startGraph();
startLocks();
followHash();
window.addEventListener('hashchange', followHash);

/* A link to a finding opens it. */
function followHash() {
  const card = /^#[fxut]\d+$/.test(location.hash) && byId(location.hash.slice(1));
  if (card) {
    openCard(card);
  }
}

document.documentElement.classList.add('scripted');
document.body.append(voice);
startTheme();
const cards = startCards();
startFindings(cards.filter((card) => card.id[0] === 'f'));
cards.filter((card) => card.id === 't1').forEach((card) => {
  card.open = true;
  renderCard(card);
});
startGraph();
startLocks();
followHash();
window.addEventListener('hashchange', followHash);

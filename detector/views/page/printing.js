// The page as it prints.
const MOST_PRINTED = several ? 100 : 150, MOST_COMMENTS = 12, PAPER_PX = 688; // as wide as A4 between its margins

function forPrint() {
  redress(true);
  const before = { view, chosen, cursor };
  [view, chosen, cursor] = [[...data.window_s], null, null];
  drawNow(PAPER_PX);
  drawBar($("coverage"), data.coverage, look, data.window_s, PAPER_PX);
  ({ view, chosen, cursor } = before);
  const cell = (text) => Object.assign(document.createElement("td"), { textContent: text });
  const listed = onsets.filter((each) => !each.machine || each.machine.status !== "rejected" || each.now.status !== "rejected");
  $("print-shots").replaceChildren(...listed.slice(0, MOST_PRINTED).map((each) => {
    const onset = known(each.id), row = document.createElement("tr");
    const more = [each.machine && each.machine.status !== "shot" ? each.machine.status : "", several && onset.shot && onset.shot.silent.length ? `heard by ${heardBy(onset.shot)}` : "",
      verdictWords(each)].filter(Boolean).join("; ");
    row.append(...[each.id, clock(each.now.time_s), each.now.time_s.toFixed(4), onset.probability === null ? "–" : onset.probability.toFixed(2),
      more].map((text) => cell(String(text))));
    return row;
  }));
  const left = listed.length - MOST_PRINTED;
  $("print-shots-more").textContent = left > 0 ? `and ${left} more: see ${several ? "incident.csv" : "shots.csv"}` : listed.length ? "" : data.nothing;
  const found = corrected(onsets), told = !kept.changes.length && !kept.saved_at ? ["No review was made on this page."] : [
    `${data.heard || found.count ? `${counted(found.count, "gunshot")} after review: ` : "After review: "}${$("corrected-parts").textContent}. The machine's number stays as it stands above.`,
    `${kept.changes.length ? counted(kept.changes.length, "change") : "No change"}${kept.reviewer ? ` by ${kept.reviewer}` : ""}${kept.saved_at ? `, first saved ${kept.saved_at}` : ""}${kept.unsaved ? ", not saved as they stand" : ""}.`,
    tallyOpen() ? $("tally-when") && $("tally-when").textContent : kept.tally_when === "unknown" ? "Whether the comparison with published numbers had been seen is not known." : "The comparison with published numbers was not opened.",
    kept.note ? `Note: ${kept.note}` : "", ...comments()];
  $("print-review").replaceChildren(...told.filter(Boolean).map((text) => Object.assign(document.createElement("p"), { textContent: text })));
}

function comments() {
  const said = onsets.filter((each) => each.now.comment), left = said.length - MOST_COMMENTS;
  const lines = said.slice(0, MOST_COMMENTS).map((each) => `${each.id} at ${clock(each.now.time_s)}: ${each.now.comment}`);
  return left > 0 ? [...lines, `and ${left} more comments: see review.json`] : lines;
}

function afterPrint() {
  redress();
  showRows();
  drawCloser();
}

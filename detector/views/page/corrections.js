// A person's changes applied to what the machine listed, and the number that follows.
// detector/core/corrections.py does the same; tests/review_cases.json holds both to one table.
const MOST_SHOTS = 9, MOST_LETTERS = 2000;
const TAKES_SIDES = new Set(["accept", "reject", "add", "overlap"]);

const sameStanding = (a, b) =>
  a.time_s === b.time_s && a.status === b.status && a.shots === b.shots && a.comment === b.comment;

// What "accept" or "reject" makes of an onset; other actions take what they leave open from `wanted`.
function standingAfter(action, before, wanted) {
  if (action === "accept") return { ...before, status: "shot", shots: Math.max(1, before.shots) };
  if (action === "reject") return { ...before, status: "rejected", shots: 0 };
  if (action === "move") return { ...before, time_s: wanted.time_s };
  if (action === "overlap") return { ...before, status: "shot", shots: wanted.shots };
  if (action === "comment") return { ...before, comment: wanted.comment };
  throw new Error("unknown action");
}

function impossible(standing, windowS) {
  if (!(Number.isFinite(standing.time_s) && windowS[0] <= standing.time_s && standing.time_s <= windowS[1]))
    return "its time lies outside the recording";
  const whole = Number.isInteger(standing.shots) && standing.shots >= 0 && standing.shots <= MOST_SHOTS;
  if (!whole || (standing.shots === 0) !== (standing.status === "rejected"))
    return `an onset stands for 1 to ${MOST_SHOTS} shots, a rejected one for none`;
  if ([...standing.comment].length > MOST_LETTERS) return "its comment is longer than 2,000 letters";
  return "";
}

// Why a change cannot be made; empty when it can.
function misfit(known, change, windowS) {
  const { action, before, after } = change;
  if (action === "add") {
    if (known || before) return "there is such an onset already";
    if (after.status !== "shot" || !(Number.isSafeInteger(change.onset) && change.onset >= 1)) return "what is added is a shot with a number above 0";
  } else if (!known) return "there is no such onset";
  else if (!before || !sameStanding(before, known.now)) return "it stood otherwise before";
  else if (!sameStanding(after, standingAfter(action, before, after))) return "it does not do what its action says";
  return impossible(after, windowS);
}

const inOrder = (a, b) => a.now.time_s - b.now.time_s || a.id - b.id;

// The onsets after all changes, in time order; throws at the first change that does not fit.
function applied(onsets, changes, windowS) {
  const standing = new Map(onsets.map((each) => [each.id, each]));
  changes.forEach((change, row) => {
    const known = standing.get(change.onset);
    const reason = misfit(known, change, windowS);
    if (reason) throw new Error(`change ${row + 1} (${change.action} of onset ${change.onset}): ${reason}`);
    const before = known || { id: change.onset, machine: null, now: change.after, decided: false, again: false };
    const decided = before.decided || TAKES_SIDES.has(change.action);
    standing.set(change.onset, { ...before, now: change.after, decided });
  });
  return [...standing.values()].sort(inOrder);
}

// The onsets, added ones that lie in a second showing marked as such.
function inShowings(onsets, repeats) {
  const shownAgain = (time_s) => repeats.some(([start, stop]) => start <= time_s && time_s < stop);
  return onsets.map((each) => (each.machine ? each : { ...each, again: shownAgain(each.now.time_s) }));
}

// The number that the onsets as they stand now give; second showings are left out of all of it.
function corrected(onsets) {
  const once = onsets.filter((each) => !each.again);
  const was = (each) => (each.machine ? each.machine.status : null);
  const shots = once.filter((each) => each.now.status === "shot");
  const listed = once.filter((each) => was(each) === "shot" || was(each) === "possible");
  const refused = once.filter((each) => was(each) === "rejected");
  const discharges = (some) => some.reduce((sum, each) => sum + each.now.shots, 0);
  return {
    count: discharges(shots),
    confirmed: discharges(listed.filter((each) => each.decided)),
    reclaimed: discharges(refused),
    added: discharges(shots.filter((each) => !each.machine)),
    unchecked: discharges(listed.filter((each) => !each.decided && each.now.status === "shot")),
    doubtful: once.filter((each) => each.now.status === "possible").length,
    rejected: listed.filter((each) => each.now.status === "rejected").length,
    not_gone_through: refused.filter((each) => !each.decided).length,
    first_s: shots.length ? Math.min(...shots.map((each) => each.now.time_s)) : null,
    last_s: shots.length ? Math.max(...shots.map((each) => each.now.time_s)) : null,
  };
}

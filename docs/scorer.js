// How the search of the site orders what it finds: Sphinx' own numbers, and on top whatever has all
// of the query in its title. Of a question that is somebody's heading, that heading is the answer.
var Scorer = {
  score: ([, , , , score, , kind]) => score + (kind === "title" ? 30 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

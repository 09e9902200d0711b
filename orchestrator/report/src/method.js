// The method in plain words; docs/measurement.md has all of it.
export const method = [
  "On each node a small static program forks the interpreters and holds them. The coordinator compares the nodes' clocks, names one " +
    "start time, and every interpreter sleeps to it and starts: all nodes at one instant, as far as clocks allow.",
  "Each interpreter marks, on the node's monotonic clock, when it runs, when its container is up, when the language is ready, and after " +
    "each import; its exit is seen from outside. The overall time is the last exit minus the first start over all nodes; the individual time is the same within one node.",
  "Cells (nodes × interpreters × environment) run one after the other, never at the same time, in random order within blocks, so that a slow " +
    "hour hits all environments alike. A repetition counts if Slurm, the record file and its completeness agree that it completed.",
  "Medians stand for the usual case. Intervals hold 95 % and come from resampling repetitions, which are the unit of inference, not the single " +
    "interpreter; below five repetitions there is none. Speed-ups are paired by repetition. The law of growth is least squares on logarithms with " +
    "Student's interval; the band and the predicted time are those of one further run.",
  "Nothing is left out because it is far from the rest. What failed is in the table of failures, and in nothing else.",
  "Imported experiments are the published times of others: how they were measured is not gaggle's to say.",
];

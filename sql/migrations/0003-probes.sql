-- What timed the interpreters from within, in the probes' own words. NULL: no probe (language none), none that got as
-- far as saying so, or measured by a gaggle from before this migration (those were Python's clock_gettime_ns).

-- CLOCK_MONOTONIC: the language reads it; timerfd: what is left on a timer of that clock, from /proc/self/fdinfo
ALTER TABLE gaggle ADD COLUMN clock TEXT;
-- of the numbers that the probe read
ALTER TABLE gaggle ADD COLUMN clock_resolution_ns INTEGER;
-- as the interpreter itself says it; NULL also: it does not know
ALTER TABLE gaggle ADD COLUMN interpreter_version TEXT;

PRAGMA user_version = 3;

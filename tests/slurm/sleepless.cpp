/// A sleep(3) that does not sleep. Preloaded into sbatch, which waits two minutes in all for room in slurmctld's table.
extern "C" unsigned sleep(unsigned /*seconds*/)
{
    return 0;
}

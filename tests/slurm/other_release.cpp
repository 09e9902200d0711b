// Preloaded, it makes libslurm say that it is of a release that does not exist.
extern "C" long slurm_api_version()
{
    return 99L << 16;
}

# The sh probe, for any POSIX shell (see worker/probe.hpp). Only built-ins: nothing is forked.
gaggle_marks=$1 gaggle_timer=/proc/self/fdinfo/$2
gaggle_read() {
    while IFS=' 	' read -r gaggle_key gaggle_left; do
        case $gaggle_key in it_value:) return ;; esac
    done <"$gaggle_timer"
}
gaggle_read
shift 3
echo "ready	$gaggle_left
probe	timerfd	1	${BASH_VERSION:-${KSH_VERSION:-}}	$gaggle_left" >&"$gaggle_marks"
for gaggle_name in "$@"; do
    set --
    . "$gaggle_name" || exit
    gaggle_read
    echo "import $gaggle_name	$gaggle_left" >&"$gaggle_marks"
done

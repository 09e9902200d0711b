# The Python probe, for 2.7 and 3 (see worker/probe.hpp).
# posix, sys and, in 3, time are built in: importing them touches no file. In 2.7 time may be a file of its own.
import posix
import sys
if sys.version_info[0] > 2:
    import time

def timer(path="/proc/self/fdinfo/" + sys.argv[2]):
    fd = posix.open(path, posix.O_RDONLY)
    text = posix.read(fd, 4096).decode("ascii")
    posix.close(fd)
    at = text.index("it_value: ") + 10
    return str(text[at:text.index("\n", at)])

if sys.version_info[0] > 2 and hasattr(time, "clock_gettime_ns"):
    clock = ("CLOCK_MONOTONIC", int(time.clock_getres(time.CLOCK_MONOTONIC) * 1e9))
    def now(read=time.clock_gettime_ns, monotonic=time.CLOCK_MONOTONIC):
        return read(monotonic)
else:
    clock = ("timerfd", 1)
    now = timer

def mark(text, fd=int(sys.argv[1]), write=posix.write, now=now):
    line = "%s\t%s\n" % (text, now())
    write(fd, line if str is bytes else line.encode("utf-8", "replace"))

mark("ready")
mark("probe\t%s\t%d\t%d.%d.%d" % (clock + tuple(sys.version_info[:3])))
names = sys.argv[4:]
del sys.argv[1:]
for name in names:
    try:
        __import__(name)
    except BaseException as trouble:
        words = " ".join(str(trouble).split())
        mark("error\timport %s: %s: %s" % (name, type(trouble).__name__, words))
        raise
    mark("import " + name)

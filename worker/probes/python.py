# The python probe, passed to the interpreter with -c: it reads no file of its own.
#   argv: the descriptor to mark on, then the modules to import, in order
# Each mark is one write(2) of "NAME<tab>CLOCK_MONOTONIC in ns"; the worker reads them after the exit.
# posix, sys and time are built in: importing them touches no file.
import posix
import sys
import time

def mark(name, fd=int(sys.argv[1]), write=posix.write, now=time.clock_gettime_ns, clock=time.CLOCK_MONOTONIC):
    write(fd, ("%s\t%d\n" % (name, now(clock))).encode())

mark("ready")
names = sys.argv[2:]
del sys.argv[1:]
for name in names:
    try:
        __import__(name)
    except BaseException as trouble:
        mark("error\timport %s: %s: %s" % (name, type(trouble).__name__, str(trouble).replace("\n", " ").replace("\t", " ")))
        raise
    mark("import " + name)

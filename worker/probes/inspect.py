# Says what this interpreter is and which distributions it would find, for any Python from 2.7 on.
# Lines as worker/inspection.hpp has them. Not a probe: it is never timed and may read files.
import os
import re
import sys


def from_metadata():
    from importlib import metadata  # from 3.8 on
    for found in metadata.distributions():
        header = found.metadata
        if header:
            yield header.get("Name"), header.get("Version")


def from_folders():
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue  # not there, or a zip file
        for name in sorted(names):
            if name.endswith((".dist-info", ".egg-info")):
                yield from_header(os.path.join(folder, name))


def from_header(path):
    fields = {}
    for name in (os.path.join(path, "METADATA"), os.path.join(path, "PKG-INFO"), path):
        if os.path.isfile(name):
            with open(name, "rb") as lines:
                for line in lines:
                    if not line.strip():
                        break  # the long description
                    key, _, value = line.decode("utf-8", "replace").partition(":")
                    fields.setdefault(key.strip().lower(), value.strip())
            break
    return fields.get("name"), fields.get("version")


def distributions():
    """The first of a name on sys.path is the one that an import would find."""
    found = {}
    try:
        listed = list(from_metadata())
    except ImportError:
        listed = list(from_folders())
    for name, version in listed:
        if name and version:
            found.setdefault(re.sub("[-_.]+", "-", name).lower(), version)
    return sorted("%s==%s" % pair for pair in found.items())


def root_file_system():
    """The type of what / lies on for this interpreter: in a container, how its image is mounted."""
    try:
        with open("/proc/self/mountinfo") as lines:
            found = [line.split(" - ")[1].split()[0] for line in lines if line.split()[4] == "/"]
    except (IOError, IndexError):
        return ""
    return found[-1] if found else ""  # what was mounted last lies on top


def say(*words):
    line = u"\t".join(word.decode("utf-8", "replace") if isinstance(word, bytes) else word for word in words)
    getattr(sys.stdout, "buffer", sys.stdout).write((line + u"\n").encode("utf-8", "replace"))


packages = distributions()
say("version", sys.version.split()[0])
say("build", " ".join(sys.version.split()))
say("implementation", sys.implementation.name if hasattr(sys, "implementation") else "cpython")
say("executable", sys.executable or "")
say("prefix", sys.prefix)
say("base_prefix", getattr(sys, "base_prefix", sys.prefix))
say("root_file_system", root_file_system())
for package in packages:
    say("package", package)
say("packages", str(len(packages)))
say("end")

# Can be imported only where the environment of tests/process/environments_test.cpp got through.
import os

assert os.environ["TOLD"] == "a,b c=d"
assert os.environ["LD_LIBRARY_PATH"].split(":")[0] == "/in"
assert "SLURM_CONF" not in os.environ

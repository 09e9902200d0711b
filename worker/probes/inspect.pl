# Lines as worker/inspection.hpp has them. Perl keeps no list of what is installed.
use Config;
printf "version\t%vd\nbuild\t%vd %s\n", $^V, $^V, $Config{archname};
print "executable\t$^X\nprefix\t$Config{prefix}\nend\n";

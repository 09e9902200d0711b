# The Perl probe (see worker/probe.hpp).
# No strict, no warnings, no Time::HiRes: each is a file, and an import would find it loaded. syscall is built in.
{
    my ($fd, undef, $clock_gettime, @names) = @ARGV;
    @ARGV = ();
    my $now = sub {
        my $time = pack 'l!2', 0, 0;
        syscall(0 + $clock_gettime, 1, $time) == 0 or die "clock_gettime: $!";
        my ($seconds, $rest) = unpack 'l!2', $time;
        return $seconds * 1_000_000_000 + $rest;
    };
    my $ready = $now->();
    open my $marks, '>>&=', $fd or die "descriptor $fd: $!";
    my $mark = sub { syswrite $marks, "$_[0]\t" . $now->() . "\n" };
    syswrite $marks, "ready\t$ready\n";
    $mark->(sprintf "probe\tCLOCK_MONOTONIC\t1\t%vd", $^V);
    for my $name (@names) {
        (my $file = "$name.pm") =~ s{::}{/}g;
        if (!eval { require $file; 1 }) {
            my $trouble = $@;
            my ($line) = $trouble =~ /\s*(.*)/;
            $line =~ tr/\t/ /;
            $mark->("error\timport $name: $line");
            die $trouble;
        }
        $mark->("import $name");
    }
}

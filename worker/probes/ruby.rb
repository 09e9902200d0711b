# The Ruby probe (see worker/probe.hpp). Process and IO are built in.
probe = lambda do |fd, _timer, _clock_gettime, *names|
  now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) }
  ready = now.call
  marks = IO.for_fd(fd.to_i, 'a', autoclose: false)
  mark = ->(text, at = now.call) { marks.syswrite("#{text}\t#{at}\n") }
  mark.call('ready', ready)
  mark.call("probe\tCLOCK_MONOTONIC\t#{Process.clock_getres(Process::CLOCK_MONOTONIC, :nanosecond)}\t#{RUBY_VERSION}")
  names.each do |name|
    begin
      require name
    rescue Exception => trouble
      words = trouble.message.split("\n").first.to_s.tr("\t", ' ')
      mark.call("error\timport #{name}: #{trouble.class}: #{words}")
      raise
    end
    mark.call("import #{name}")
  end
end
probe.call(*ARGV.slice!(0..))

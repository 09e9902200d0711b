# The Julia probe (see worker/probe.hpp). time_ns() is libuv's, CLOCK_MONOTONIC on Linux.
let ready = time_ns(), arguments = splice!(ARGV, 1:length(ARGV)), fd = parse(Cint, arguments[1])
    function mark(text, at = time_ns())
        line = string(text, '\t', at, '\n')
        ccall(:write, Cssize_t, (Cint, Ptr{UInt8}, Csize_t), fd, line, sizeof(line))
    end
    mark("ready", ready)
    mark(string("probe\tCLOCK_MONOTONIC\t1\t", VERSION))
    for name in arguments[4:end]
        try
            Core.eval(Main, Expr(:using, Expr(:., Symbol(name))))
        catch trouble
            words = replace(first(split(sprint(showerror, trouble), '\n')), '\t' => ' ')
            mark(string("error\timport ", name, ": ", words))
            rethrow()
        end
        mark(string("import ", name))
    end
end

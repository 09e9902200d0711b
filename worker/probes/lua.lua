do
  -- The Lua probe, for 5.1 to 5.4 and LuaJIT (see worker/probe.hpp). No code after -e may begin with "-" in 5.4.
  -- Only descriptors 0 to 2 can be had by number, and 5.1 has no arg before -e: /proc has both.
  local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    return text
  end
  local words
  for word in read("/proc/self/cmdline"):gmatch("[^%z]+") do
    if words then
      words[#words + 1] = word
    elseif word == "-" then
      words = {}
    end
  end
  local function now()
    return read("/proc/self/fdinfo/" .. words[2]):match("it_value: (%b())")
  end
  local ready = now()
  local marks = assert(io.open("/proc/self/fd/" .. words[1], "ab"))
  local function mark(text, at)
    marks:write(text, "\t", at or now(), "\n")
    marks:flush()
  end
  mark("ready", ready)
  mark("probe\ttimerfd\t1\t" .. (jit and jit.version or _VERSION))
  for i = 4, #words do
    local loaded, trouble = pcall(require, words[i])
    if not loaded then
      mark("error\timport " .. words[i] .. ": " .. tostring(trouble):match("[^\n]*"):gsub("\t", " "))
      error(trouble, 0)
    end
    mark("import " .. words[i])
  end
end

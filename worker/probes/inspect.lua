-- Lines as worker/inspection.hpp has them. Lua keeps no list of what is installed.
print("version\t" .. (_VERSION:gsub("^Lua ", "")))
print("implementation\t" .. (jit and jit.version or "Lua"))
print("end")

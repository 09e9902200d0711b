# Lines as worker/inspection.hpp has them. Julia's packages belong to a project, not to the interpreter.
println("version\t", VERSION)
println("executable\t", joinpath(Sys.BINDIR, Base.julia_exename()))
println("prefix\t", dirname(Sys.BINDIR))
println("end")

# Lines as worker/inspection.hpp has them. dash tells no version of itself.
printf 'version\t%s\nend\n' "${BASH_VERSION:-${ZSH_VERSION:-${KSH_VERSION:-}}}"

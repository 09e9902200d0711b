# shellcheck shell=bash
# bash completion of gaggle: asks the gaggle that is typed (orchestrator/commands/complete.hpp).

_gaggle() {
    # Bash cuts words at = and : too. What has no space before it belongs to the word before.
    local words=() line=$COMP_LINE rest i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%[![:space:]]*}"}
        if [[ $i -eq 0 || $rest != "$line" ]]; then
            words+=("${COMP_WORDS[i]}")
        else
            words[-1]+=${COMP_WORDS[i]}
        fi
        line=${rest#"${COMP_WORDS[i]}"}
    done

    local answer candidate cut=${words[-1]%"$2"} # what readline leaves alone
    mapfile -t answer < <("${words[0]/#\~\//$HOME/}" --complete "${words[@]:1}" 2>/dev/null)
    COMPREPLY=()
    case ${answer[0]-} in
        words)
            for candidate in "${answer[@]:1}"; do
                candidate=${candidate%%$'\t'*}
                COMPREPLY+=("${candidate#"$cut"}")
            done
            ;;
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
        experiment-files)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$2"; compgen -f -X '!*.toml' -- "$2")
            ;;
    esac
}
complete -F _gaggle gaggle

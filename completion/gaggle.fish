# fish completion of gaggle: asks the gaggle that is typed (orchestrator/commands/complete.hpp).

function __gaggle_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l answer ($words[1] --complete $words[2..] "$current" 2>/dev/null)
    set -l kind $answer[1]
    set -e answer[1]
    set -l prefix (string match --regex '^--[^=]*=' -- "$current")
    set -l path (string replace --regex '^--[^=]*=' '' -- "$current")
    switch "$kind"
        case words
            printf '%s\n' $answer
        case files
            printf "$prefix%s\n" (__fish_complete_path "$path")
        case folders
            printf "$prefix%s\n" (__fish_complete_directories "$path")
        case experiment-files
            __fish_complete_suffix .toml
    end
end

complete --command gaggle --no-files --keep-order --arguments '(__gaggle_complete)'

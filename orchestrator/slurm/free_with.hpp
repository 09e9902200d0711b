#pragma once

namespace gaggle::slurm {

/// Deleter of what libslurm hands out and wants back through a function of its own.
template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* object) const
    {
        Free(object);
    }
};

}  // namespace gaggle::slurm

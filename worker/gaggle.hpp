#pragma once

#include "core/array_spec.hpp"
#include "core/record.hpp"
#include "worker/arrangement.hpp"
#include "worker/contained.hpp"
#include "worker/group.hpp"
#include "worker/probe.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace gaggle::worker {

/// One node's gaggle without the talk about it (node.cpp): the environment in its place, the caches in their state, and the
/// processes that are started, in a container where they share one.
class Gaggle {
public:
    /// `name`: the node's.
    Gaggle(asio::any_io_executor executor, std::string name);

    /// Environment, caches and interpreters; these are made, not forked. Throws Error.
    asio::awaitable<void> arrange(const ArraySpec& spec);
    /// Caches and interpreters once more, without the mark of entry that none of them could make. Throws Error.
    asio::awaitable<void> arrange_unmarked();
    /// The processes of a control in place of the interpreters. Throws Error.
    asio::awaitable<void> arrange_control(const ControlSpec& control);

    [[nodiscard]] const ArraySpec& spec() const { return spec_; }
    [[nodiscard]] const Arrangement& arrangement() const { return arrangement_; }
    [[nodiscard]] Group* group() const { return group_.get(); }  ///< null: not arranged
    /// Whether the mark of entry was given up.
    [[nodiscard]] bool unmarked() const { return entry_ == Entry::unmarked; }

    /// What was done for it since the last call, as lines of the record file.
    [[nodiscard]] std::string take_lines(unsigned node);

    /// Ends what runs, and unmounts.
    void clear();
    /// Once, even if staging failed half-way.
    asio::awaitable<void> unstage();

private:
    asio::awaitable<void> make_interpreters();
    asio::awaitable<void> bring_caches();
    asio::awaitable<void> run_unmeasured();
    asio::awaitable<void> run_one();
    asio::awaitable<void> make_group(unsigned count, const Program& program);
    [[nodiscard]] Program program() const;

    asio::any_io_executor executor_;
    std::string name_;
    Arrangement arrangement_;
    ArraySpec spec_;
    Entry entry_ = Entry::marked;
    std::optional<record::Cache> cache_;  ///< not taken yet
    std::optional<Container> container_;  ///< with Per::node; after arrangement_: gone before the image is unmounted
    std::unique_ptr<Group> group_;        ///< after both, likewise
};

}  // namespace gaggle::worker

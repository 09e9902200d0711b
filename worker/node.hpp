#pragma once

namespace gaggle::worker {

/// A node's worker, from joining the coordinator (GAGGLE_COORDINATOR, GAGGLE_SECRET) to its `bye`. Its results go to the
/// coordinator; trouble that ends it is thrown as Error.
void run_node();

}  // namespace gaggle::worker

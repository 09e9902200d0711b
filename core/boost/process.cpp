// The part of Process v2 that is no template (BOOST_PROCESS_V2_SEPARATE_COMPILATION).
#include <boost/asio/detail/throw_error.hpp>  // which 1.81's src.hpp uses and does not include

#include <boost/process/v2/src.hpp>

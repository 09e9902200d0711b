#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace gaggle::store {

/// `value` as a JSON column; bytes that are no UTF-8 become U+FFFD.
template <class T>
[[nodiscard]] std::string json(const T& value)
{
    return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace gaggle::store

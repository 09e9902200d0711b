#pragma once

#include <string>
#include <string_view>

namespace gaggle::worker {

/// What the coordinator and its nodes know and nobody else: 256 random bits, passed to the nodes through the
/// environment (never a command line) and proved, never sent, over the network.
class Secret {
public:
    static Secret random();
    /// Throws Error(Usage) unless `text` is 64 hexadecimal digits.
    static Secret from_hex(const std::string& text);

    [[nodiscard]] std::string hex() const;

    /// HMAC-SHA-512-256 (libsodium crypto_auth) of `role` and the connection's two nonces, hexadecimal.
    [[nodiscard]] std::string proof(std::string_view role, std::string_view challenge_nonce,
                                    std::string_view hello_nonce, std::string_view name) const;
    /// In constant time.
    [[nodiscard]] bool accepts(std::string_view proof, std::string_view role, std::string_view challenge_nonce,
                               std::string_view hello_nonce, std::string_view name) const;

private:
    explicit Secret(std::string key) : key_(std::move(key)) {}
    std::string key_;
};

/// 128 random bits, hexadecimal.
[[nodiscard]] std::string random_nonce();

}  // namespace gaggle::worker

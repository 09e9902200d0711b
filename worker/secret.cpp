#include "worker/secret.hpp"

#include "core/error.hpp"
#include "core/line.hpp"

#include <sodium.h>

#include <vector>

namespace gaggle::worker {

namespace {

void need_sodium()
{
    if (sodium_init() < 0) {
        throw Error{ExitCode::Usage, "cannot get random bytes from this system (libsodium did not start)"};
    }
}

std::string to_hex(std::string_view bytes)
{
    std::vector<char> text(bytes.size() * 2 + 1);
    sodium_bin2hex(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return text.data();
}

std::string random_bytes(std::size_t count)
{
    need_sodium();
    std::string bytes(count, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

}  // namespace

Secret Secret::random()
{
    return Secret{random_bytes(crypto_auth_KEYBYTES)};
}

Secret Secret::from_hex(const std::string& text)
{
    need_sodium();
    std::string key(crypto_auth_KEYBYTES, '\0');
    std::size_t length = 0;
    if (sodium_hex2bin(reinterpret_cast<unsigned char*>(key.data()), key.size(), text.data(), text.size(), nullptr,
                       &length, nullptr) != 0 ||
        length != key.size()) {
        throw Error{ExitCode::Usage, "GAGGLE_SECRET: expected 64 hexadecimal digits"};
    }
    return Secret{std::move(key)};
}

std::string Secret::hex() const
{
    return to_hex(key_);
}

std::string Secret::proof(std::string_view role, std::string_view challenge_nonce, std::string_view hello_nonce,
                          std::string_view name) const
{
    // As a line, so that no two different sets of fields are the same bytes.
    std::string text;
    line::Writer write{text};
    write(role);
    write(challenge_nonce);
    write(hello_nonce);
    write(name);
    std::string mac(crypto_auth_BYTES, '\0');
    crypto_auth(reinterpret_cast<unsigned char*>(mac.data()), reinterpret_cast<const unsigned char*>(text.data()),
                text.size(), reinterpret_cast<const unsigned char*>(key_.data()));
    return to_hex(mac);
}

bool Secret::accepts(std::string_view proof_text, std::string_view role, std::string_view challenge_nonce,
                     std::string_view hello_nonce, std::string_view name) const
{
    const std::string expected = proof(role, challenge_nonce, hello_nonce, name);
    return proof_text.size() == expected.size() &&
           sodium_memcmp(proof_text.data(), expected.data(), expected.size()) == 0;
}

std::string random_nonce()
{
    return to_hex(random_bytes(16));
}

}  // namespace gaggle::worker

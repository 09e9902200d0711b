#include "core/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace gaggle::log {

namespace {

/// "warning: " before a warning, nothing before the rest.
class Kind : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override
    {
        constexpr std::string_view word = "warning: ";
        if (message.level == spdlog::level::warn) {
            out.append(word.data(), word.data() + word.size());
        }
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Kind>(); }
};

}  // namespace

void start(const std::string& program, Level level)
{
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<Kind>('*').set_pattern("%n: %*%v");
    auto logger = std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_sink_st>());
    logger->set_formatter(std::move(formatter));
    logger->set_level(level == Level::verbose ? spdlog::level::debug : spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

void debug(const std::string& message)
{
    spdlog::debug("{}", message);
}
void info(const std::string& message)
{
    spdlog::info("{}", message);
}
void warn(const std::string& message)
{
    spdlog::warn("{}", message);
}
void error(const std::string& message)
{
    spdlog::error("{}", message);
}

}  // namespace gaggle::log

#include "app/config_check.hpp"

#include "app/key_file.hpp"
#include "winnow/crypto/certificate.hpp"
#include "winnow/delivery/egress.hpp"
#include "winnow/http/addresses.hpp"
#include "winnow/pg/options.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace winnow::app {

namespace {

/// Letters, digits, dots and dashes, or an IP address.
bool is_host(const std::string& text)
{
    if (http::is_ip_address(text)) return true;
    constexpr std::size_t kLongest = 253;
    const auto allowed = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    };
    return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, allowed) && text.front() != '-' &&
           text.front() != '.' && !text.contains("..");
}

/// https://host[:port][/path], without blanks.
bool is_web_url(std::string_view text)
{
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!text.starts_with(scheme)) continue;
        text.remove_prefix(scheme.size());
        if (text.find_first_of(" \t\"<>") != std::string_view::npos) return false;
        auto host = text.substr(0, text.find_first_of("/?#"));
        if (host.starts_with('[')) return host.find(']') != std::string_view::npos;
        return is_host(std::string(host.substr(0, host.find(':'))));
    }
    return false;
}

/// "password=…", or "//user:password@host".
bool has_password(const std::string& url)
{
    if (url.contains("password=")) return true;
    const auto begin = url.find("://");
    if (begin == std::string::npos) return false;
    const auto user = url.substr(begin + 3, url.find('@', begin) - begin - 3);
    return url.find('@', begin) != std::string::npos && user.contains(':');
}

class Look {
public:
    Look(const Config& config, const std::string& file) : config_(config), file_(file) {}

    std::vector<Finding> take()
    {
        listener(config_.customer, "listen.customer.");
        listener(config_.management, "listen.management.");
        ports();
        encryption_key();
        secret("database.owner_url_file");
        secret("database.api_url_file");
        secret("database.pipeline_url_file");
        secret("database.provider_url_file");
        secret("delivery.smtp.password_file");
        database("database.owner_url", config_.database.owner_url);
        database("database.api_url", config_.database.api_url);
        database("database.pipeline_url", config_.database.pipeline_url);
        database("database.provider_url", config_.database.provider_url);
        delivery();
        return std::move(findings_);
    }

private:
    void find(const std::string& path, const std::string& what, bool tolerable = false)
    {
        const auto set = config_.settings.find(path);
        const auto& place = set == config_.settings.end() ? path : set->second.place;
        findings_.push_back({.error = {.pointer = place, .detail = path + " " + what}, .tolerable = tolerable});
    }

    /// nullopt where it cannot be read, which is then said.
    std::optional<std::string> read(const std::string& path, const std::string& file)
    {
        const auto refuse = [&](const char* why) {
            find(path, "names " + file + ", which cannot be read: " + why);
            return std::nullopt;
        };
        struct stat status{};
        if (::stat(file.c_str(), &status) != 0) return refuse(std::strerror(errno));
        if (!S_ISREG(status.st_mode)) return refuse("it is no file");
        std::ifstream in(file, std::ios::binary);
        if (!in) return refuse(std::strerror(errno));
        return std::string(std::istreambuf_iterator<char>(in), {});
    }

    [[nodiscard]] static bool is_open_to_all(const std::string& file)
    {
        struct stat status{};
        return ::stat(file.c_str(), &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH)) != 0;
    }

    /// That a file which holds a secret is not for everybody.
    void closed(const std::string& path, const std::string& file)
    {
        if (is_open_to_all(file)) {
            find(path, "names " + file + ", a secret that everybody on this machine can read: chmod o-rwx " + file,
                 true);
        }
    }

    void secret(const std::string& path)
    {
        const auto set = config_.settings.find(path);
        if (set != config_.settings.end() && !set->second.values.empty()) closed(path, set->second.values.front());
    }

    void authorities(const std::string& path, const std::string& file)
    {
        if (file.empty()) return;
        const auto pem = read(path, file);
        if (!pem) return;
        if (const auto wrong = crypto::problem_of_certificates(*pem); !wrong.empty()) {
            find(path, "names " + file + ", which " + wrong);
        }
    }

    void listener(const http::ListenOptions& options, const std::string& section)
    {
        if (!http::is_ip_address(options.address)) {
            find(section + "address",
                 "is \"" + options.address + "\", no IP address: write 0.0.0.0 or :: for every one of this machine");
        }
        for (const auto& network : options.trusted_proxies) {
            if (http::is_ip_network(network)) continue;
            find(section + "trusted_proxies", "has \"" + network + "\", which is no network such as 10.0.0.0/8");
        }
        authorities(section + "client_ca_file", options.tls.client_authorities);
        const auto& certificate = options.tls.certificate_chain;
        const auto& key = options.tls.private_key;
        std::optional<std::string> chain;
        if (!certificate.empty()) chain = read(section + "certificate_file", certificate);
        if (chain) {
            const auto path = section + "certificate_file";
            if (const auto wrong = crypto::problem_of_certificates(*chain); !wrong.empty()) {
                find(path, "names " + certificate + ", which " + wrong);
                chain.reset();
            } else if (const auto late = crypto::problem_of_validity(*chain); !late.empty()) {
                find(path, "names " + certificate + ", which " + late + ": senders that check it turn away", true);
            }
        }
        if (key.empty()) return;
        const auto pem = read(section + "key_file", key);
        if (!pem) return;
        if (const auto wrong = crypto::problem_of_key(*pem, chain.value_or("")); !wrong.empty()) {
            find(section + "key_file", "names " + key + ", which " + wrong +
                                           (wrong.starts_with("is not") ? " in " + certificate : std::string()));
        }
        closed(section + "key_file", key);
    }

    void ports()
    {
        const auto& one = config_.customer;
        const auto& other = config_.management;
        const auto is_any = [](const std::string& address) {
            return address == "0.0.0.0" || address == "::";
        };
        const bool same_address = one.address == other.address || is_any(one.address) || is_any(other.address);
        if (one.port == 0 || one.port != other.port || !same_address) return;
        const bool named = config_.settings.contains("listen.management.port");
        find(named ? "listen.management.port" : "listen.customer.port",
             "is " + std::to_string(one.port) + ", which is the other listener's port, too: give them two");
    }

    void encryption_key()
    {
        const auto& file = config_.encryption_key_file;
        if (file.empty()) return;
        try {
            static_cast<void>(read_key_file(file));
        } catch (const std::runtime_error& wrong) {
            return find("encryption_key_file", std::string("is no good: ") + wrong.what());
        }
        closed("encryption_key_file", file);
    }

    void database(const std::string& path, const std::string& url)
    {
        const auto set = config_.settings.find(path);
        if (set != config_.settings.end() && set->second.place.starts_with(file_ + ":") && has_password(url) &&
            is_open_to_all(file_)) {
            find(path, "holds a password in a file that everybody on this machine can read: chmod o-rwx " + file_,
                 true);
        }
        if (url.empty() || pg::is_connection_string(url)) return;
        const auto from_file = path + "_file";
        find(config_.settings.contains(from_file) ? from_file : path,
             "is no connection string: write postgresql://user@host/database (its text is not shown: it may hold a "
             "password)");
    }

    void delivery()
    {
        const auto& options = config_.delivery;
        authorities("delivery.webhook_ca_file", options.webhook_ca_file);
        authorities("delivery.smtp.ca_file", options.smtp.ca_file);
        if (!options.smtp.host.empty() && !is_host(options.smtp.host)) {
            find("delivery.smtp.host", "is \"" + options.smtp.host +
                                           "\", no name of a host: write it without scheme and "
                                           "port, such as mail.example.com");
        }
        if (!options.smtp.from.contains('@') || options.smtp.from.find_first_of("\r\n") != std::string::npos) {
            find("delivery.smtp.from", "is \"" + options.smtp.from + "\", no address such as winnow@example.com");
        }
        if (!options.public_url.empty() && !is_web_url(options.public_url)) {
            find("delivery.public_url", "is \"" + options.public_url + "\", no URL such as https://winnow.example.com");
        }
        for (const auto& network : options.egress_allow) {
            const auto wrong = winnow::delivery::problem_of_egress_network(network);
            if (!wrong.empty()) find("delivery.egress_allow", "has " + wrong);
        }
    }

    const Config& config_;
    const std::string& file_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> look_closer(const Config& config, const std::string& file)
{
    return Look(config, file).take();
}

}  // namespace winnow::app

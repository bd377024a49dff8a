#include "app/config/config_check.hpp"

#include "app/config/key_file.hpp"
#include "app/config/password_settings.hpp"
#include "winnow/base/shown_url.hpp"
#include "winnow/crypto/certificate.hpp"
#include "winnow/delivery/egress.hpp"
#include "winnow/domain/mailbox.hpp"
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
#include <utility>

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
        if (host.contains('@')) return false;
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

/// "CN=ops,O=Example": types and values with commas or plus signs between, as OpenSSL prints RFC 2253. A backslash
/// takes away the next character's meaning.
bool is_subject(std::string_view text)
{
    const auto is_type = [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    };
    while (true) {
        std::size_t at = 0;
        while (at < text.size() && is_type(static_cast<unsigned char>(text[at]))) ++at;
        if (at == 0 || at == text.size() || text[at] != '=') return false;
        text.remove_prefix(at + 1);
        std::size_t end = 0;
        while (end < text.size() && text[end] != ',' && text[end] != '+') end += text[end] == '\\' ? 2 : 1;
        if (end == 0 || end > text.size() || text.front() == ' ') return false;
        if (end == text.size()) return true;
        text.remove_prefix(end + 1);
    }
}

/// As a clause: `names "10.0.0.1/33", which has no good prefix length`. `wrong` begins with the network in quotes.
std::string which(const std::string& network, const std::string& wrong)
{
    return "names \"" + network + "\", which" + wrong.substr(network.size() + 2);
}

class Look {
public:
    Look(const Config& config, std::string file) : config_(config), file_(std::move(file)) {}

    std::vector<Finding> take_listeners()
    {
        listener(config_.customer, "listen.customer.");
        listener(config_.management, "listen.management.");
        return std::move(findings_);
    }

    std::vector<Finding> take()
    {
        listener(config_.customer, "listen.customer.");
        listener(config_.management, "listen.management.");
        ports();
        key_file("encryption_key_file", config_.encryption_key_file, "encryption key");
        a_key("audit.signing_key_file", config_.audit.signing_key_file, read_signing_key);
        passwords();
        secret("database.owner_url_file");
        secret("database.api_url_file");
        secret("database.pipeline_url_file");
        secret("database.provider_url_file");
        secret("delivery.smtp.password_file");
        authorities("database.ca_file", config_.database.ca_file);
        database("database.owner_url", config_.database.owner_url);
        database("database.api_url", config_.database.api_url);
        database("database.pipeline_url", config_.database.pipeline_url);
        database("database.provider_url", config_.database.provider_url);
        vault();
        provider();
        order();
        delivery();
        return std::move(findings_);
    }

private:
    void find(const std::string& path, const std::string& what, bool tolerable = false)
    {
        const auto set = config_.settings.find(path);
        const auto& whole = file_.empty() ? path : file_;
        const auto& place = set == config_.settings.end() ? whole : set->second.place;
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
            // The same texts as in egress_allow: one with bits after its prefix may mean the address or the network.
            const auto wrong = winnow::delivery::problem_of_egress_network(network);
            if (!wrong.empty()) find(section + "trusted_proxies", which(network, wrong));
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

    /// `read` throws where it is none.
    void a_key(const std::string& path, const std::string& file, const auto& read)
    {
        if (file.empty()) return;
        try {
            static_cast<void>(read(file));
        } catch (const std::runtime_error& wrong) {
            return find(path, std::string("is no good: ") + wrong.what());
        }
        closed(path, file);
    }

    void key_file(const std::string& path, const std::string& file, const char* what)
    {
        a_key(path, file, [what](const std::string& name) { return read_key_file(name, what); });
    }

    void passwords()
    {
        const auto& passwords = config_.passwords;
        if (const auto wrong = crypto::problem_of_cost(passwords.hash); !wrong.empty()) {
            find("passwords.hash_memory_kib", wrong);
        }
        key_file("passwords.pepper_file", passwords.pepper_file, kPepper);
        for (const auto& file : passwords.old_pepper_files) key_file("passwords.old_pepper_files", file, kPepper);
        if (const auto wrong = problem_of_breached(passwords.breached_file); !wrong.empty()) {
            find("passwords.breached_file", "is no good: " + wrong);
        }
    }

    void database(const std::string& path, const std::string& url)
    {
        const auto set = config_.settings.find(path);
        if (set != config_.settings.end() && set->second.place.starts_with(file_ + ":") && has_password(url) &&
            is_open_to_all(file_)) {
            find(path, "holds a password in a file that everybody on this machine can read: chmod o-rwx " + file_,
                 true);
        }
        if (url.empty()) return;
        const auto from_file = path + "_file";
        const auto& place = config_.settings.contains(from_file) ? from_file : path;
        if (const auto wrong = pg::problem_of_connection_string(url); !wrong.empty()) return find(place, wrong);
        const auto user = pg::user_of_connection_string(url);
        for (const std::string_view other : {"api", "pipeline", "provider"}) {
            if (user == std::string("winnow_").append(other) && !path.ends_with(std::string(other) + "_url")) {
                find(place, "logs in as " + user + ", which is the role of database." + std::string(other) + "_url");
            }
        }
    }

    void vault()
    {
        const auto& files = config_.vault.root_key_files;
        secret("vault.owner_url_file");
        secret("vault.url_file");
        database("vault.owner_url", config_.vault.owner_url);
        database("vault.url", config_.vault.url);
        if (files.size() > 2) {
            find("vault.root_key_files",
                 "names more than two: there is one that wraps, and one that replaces it or did");
        }
        for (const auto& file : files) key_file("vault.root_key_files", file, "root key");
    }

    void provider()
    {
        const auto& provider = config_.provider;
        if (const auto& to = provider.support_address; !to.empty() && !winnow::domain::mailbox_problem(to).empty()) {
            find("provider.support_address", "is \"" + to + "\", no address such as support@example.com");
        }
        for (const auto& subject : provider.client_subjects) {
            if (!is_subject(subject)) {
                find("provider.client_subjects", "has \"" + subject +
                                                     "\", no subject as RFC 2253 writes it, without blanks after "
                                                     "commas: CN=ops,O=Example");
            }
        }
        const bool asks = !config_.management.tls.client_authorities.empty();
        if (!provider.client_subjects.empty() && !asks) {
            find("provider.client_subjects",
                 "names certificates that nobody is asked for: set listen.management.client_ca_file, too");
        }
        // One that is wrong has been told of already.
        const bool given = config_.settings.contains("provider.key_sha256");
        if (provider.key_sha256.empty() && !given && provider.client_subjects.empty()) {
            find("provider.key_sha256",
                 "is not set, nor are provider.client_subjects: nobody can make tenants or suspend them", true);
        }
    }

    template <typename T>
    void not_above(const std::string& smaller, T least, const std::string& greater, T most, const char* so)
    {
        if (least > most)
            find(config_.settings.contains(smaller) ? smaller : greater, relation(smaller, greater, so), true);
    }

    static std::string relation(const std::string& smaller, const std::string& greater, const char* so)
    {
        return "does not fit: " + smaller + " is more than " + greater + ", so " + so;
    }

    void order()
    {
        const auto& backoff = config_.dispatch.backoff;
        not_above("dispatch.first_retry", backoff.initial, "dispatch.longest_retry", backoff.maximum,
                  "the first pause is cut to the longest");
        const auto& shares = config_.dispatch.shares;
        not_above("dispatch.per_contact", shares.per_contact, "dispatch.max_in_flight", shares.max_in_flight,
                  "one contact may take every slot");
        not_above("dispatch.retries_per_tenant", shares.retries_per_tenant, "dispatch.per_tenant", shares.per_tenant,
                  "retries may take a tenant's whole share");
        const auto& limits = config_.limits;
        not_above("limits.max_alert_bytes", limits.max_alert_bytes, "limits.max_body_bytes", limits.max_body_bytes,
                  "such an alert never gets in");
        not_above("limits.max_alert_bytes", limits.max_alert_bytes, "limits.max_push_bytes", limits.max_push_bytes,
                  "such an alert never gets in");
        not_above("delivery.connect_timeout", config_.delivery.connect_timeout, "delivery.total_timeout",
                  config_.delivery.total_timeout, "connecting ends with the total");
    }

    void delivery()
    {
        const auto& options = config_.delivery;
        authorities("delivery.webhook_ca_file", options.webhook_ca_file);
        authorities("delivery.smtp.ca_file", options.smtp.ca_file);
        if (!options.smtp.host.empty() && !is_host(options.smtp.host)) {
            find("delivery.smtp.host", "is \"" + shown_url(options.smtp.host) +
                                           "\", no name of a host: write it without scheme and "
                                           "port, such as mail.example.com");
        }
        if (!options.smtp.password.empty() && options.smtp.security == winnow::delivery::SmtpOptions::Security::none) {
            find("delivery.smtp.security", "is none, so that the password goes over the network for all to read", true);
        }
        if (!options.smtp.from.contains('@') || options.smtp.from.find_first_of("\r\n") != std::string::npos) {
            find("delivery.smtp.from", "is \"" + options.smtp.from + "\", no address such as winnow@example.com");
        }
        if (!options.public_url.empty() && !is_web_url(options.public_url)) {
            find("delivery.public_url",
                 "is \"" + shown_url(options.public_url) + "\", no URL such as https://winnow.example.com");
        }
        for (const auto& network : options.egress_allow) {
            const auto wrong = winnow::delivery::problem_of_egress_network(network);
            if (!wrong.empty()) find("delivery.egress_allow", which(network, wrong));
        }
    }

    const Config& config_;
    const std::string file_;
    std::vector<Finding> findings_;
};

}  // namespace

std::string problem_of_certificates(const Config& config)
{
    std::string problems;
    for (const auto& finding : Look(config, "").take_listeners()) {
        if (!finding.tolerable) problems += (problems.empty() ? "" : "; ") + finding.error.detail;
    }
    return problems;
}

std::vector<Finding> look_closer(const Config& config, const std::string& file)
{
    return Look(config, file).take();
}

}  // namespace winnow::app

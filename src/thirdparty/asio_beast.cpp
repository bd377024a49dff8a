// Compiles the non-template parts of Asio and Beast once for the whole program (see docs/architecture.md, build time).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>

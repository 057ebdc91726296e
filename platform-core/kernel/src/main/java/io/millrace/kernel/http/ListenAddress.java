package io.millrace.kernel.http;

import java.net.InetSocketAddress;

/** {@code host:port} of a configuration key, IPv6 hosts in brackets. */
record ListenAddress(String host, int port) {

    static ListenAddress parse(String key, String value) {
        int colon = value.lastIndexOf(':');
        String host = colon < 0 ? "" : value.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port = -1;
        try {
            port = Integer.parseInt(value.substring(colon + 1));
        } catch (NumberFormatException e) {
            // Refused below, with the value.
        }
        if (colon < 0 || port < 0 || port > 65535) {
            throw new IllegalArgumentException(key + "=" + value + " is not host:port, such as 127.0.0.1:8083");
        }
        return new ListenAddress(host, port);
    }

    InetSocketAddress socketAddress() {
        return host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    }

    static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}

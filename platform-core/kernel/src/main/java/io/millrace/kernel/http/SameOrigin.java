package io.millrace.kernel.http;

import io.millrace.api.http.HttpError;
import java.net.InetAddress;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Keeps web pages of others away. A browser on this machine reaches a loopback listener on behalf of any page it shows, and here plugins are
 * installed: a page's own request carries its origin, and a name that was re-pointed to this machine stands in the host header.
 */
final class SameOrigin {

    private static final Pattern PORT = Pattern.compile(":\\d+$");
    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.%]+]");

    private final boolean loopback;

    SameOrigin(InetAddress bound) {
        this.loopback = bound.isLoopbackAddress();
    }

    void check(Map<String, String> headers) {
        String host = headers.getOrDefault("host", "");
        String name = PORT.matcher(host).replaceFirst("");
        if (loopback && !host.isEmpty() && !name.equalsIgnoreCase("localhost") && !LITERAL.matcher(name).matches()) {
            throw new HttpError(403, "host '" + host + "' is not this listener's; address it as localhost or by its IP address");
        }
        String origin = headers.get("origin");
        if (origin != null && !origin.replaceFirst("^https?://", "").equalsIgnoreCase(host)) {
            throw new HttpError(403, "requests from pages of " + origin + " are not served");
        }
    }
}

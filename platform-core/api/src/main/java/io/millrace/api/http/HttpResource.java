package io.millrace.api.http;

import java.util.Set;

/**
 * A part of the platform's REST interface. Registered as a service; the HTTP server routes each request to the resource with the longest
 * matching {@link #paths() path}. Called on virtual threads, concurrently; may block.
 */
public interface HttpResource {

    /** First path segments served here, such as {@code connectors}; the empty string stands for {@code /} alone. */
    Set<String> paths();

    /**
     * @throws HttpError to answer with an error status
     * @throws Exception anything else answers 500 with the message and is logged
     */
    HttpAnswer handle(HttpCall call) throws Exception;
}

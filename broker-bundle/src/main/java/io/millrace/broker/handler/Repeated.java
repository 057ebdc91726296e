package io.millrace.broker.handler;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** What a request names more than once, where it may do so once: it is not clear what is wanted, so nothing is done about it. */
final class Repeated {

    private Repeated() {
    }

    static <T> Set<T> in(Stream<T> named) {
        Set<T> seen = new HashSet<>();
        Set<T> repeated = new HashSet<>();
        named.filter(one -> !seen.add(one)).forEach(repeated::add);
        return repeated;
    }
}

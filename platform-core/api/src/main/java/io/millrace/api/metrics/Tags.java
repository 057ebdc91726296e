package io.millrace.api.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * What tells one of several meters of the same name from the others, such as {@code topic=orders}.
 *
 * @param pairs name, value, name, value ...; all meters of one name have the same names in the same order
 */
public record Tags(List<String> pairs) {

    public static final Tags NONE = new Tags(List.of());

    public Tags {
        if (pairs.size() % 2 != 0) {
            throw new IllegalArgumentException("tags are pairs of name and value, not " + pairs);
        }
        pairs = List.copyOf(pairs);
    }

    public static Tags of(String... pairs) {
        return new Tags(List.of(pairs));
    }

    public Tags and(String name, String value) {
        List<String> more = new ArrayList<>(pairs);
        more.add(name);
        more.add(value);
        return new Tags(more);
    }
}

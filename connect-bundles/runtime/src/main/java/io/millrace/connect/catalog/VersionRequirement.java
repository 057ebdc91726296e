package io.millrace.connect.catalog;

import java.util.ArrayList;
import java.util.List;

/**
 * Which versions of a class a connector accepts, as KIP-891 has it: a range in Maven's notation, such as {@code [1.2,2.0)} or
 * {@code (,1.0],[1.2,)}; a plain version, which means exactly that one; {@code latest}, the highest that is here; or nothing, which is the plugin's current version. Immutable.
 */
public final class VersionRequirement {

    /** Whatever the plugin's current version is. */
    public static final VersionRequirement NONE = new VersionRequirement("", List.of());
    private static final String LATEST = "latest";

    private record Range(PluginVersion from, boolean fromIncluded, PluginVersion to, boolean toIncluded) {

        boolean contains(PluginVersion version) {
            int low = from == null ? 1 : version.compareTo(from);
            int high = to == null ? -1 : version.compareTo(to);
            return (low > 0 || low == 0 && fromIncluded) && (high < 0 || high == 0 && toIncluded);
        }
    }

    private final String text;
    private final List<Range> ranges;

    private VersionRequirement(String text, List<Range> ranges) {
        this.text = text;
        this.ranges = ranges;
    }

    /**
     * @param text may be null
     * @throws IllegalArgumentException naming what is wrong with it
     */
    public static VersionRequirement of(Object text) {
        String given = text == null ? "" : text.toString().strip();
        if (given.isEmpty()) {
            return NONE;
        }
        if (given.equals(LATEST)) {
            return new VersionRequirement(LATEST, List.of());
        }
        if (given.charAt(0) != '[' && given.charAt(0) != '(') {
            if (given.matches(".*[\\[\\](),].*")) {
                throw wrong(given);
            }
            PluginVersion exactly = new PluginVersion(given);
            return new VersionRequirement(given, List.of(new Range(exactly, true, exactly, true)));
        }
        List<Range> ranges = new ArrayList<>();
        int at = 0;
        while (at < given.length()) {
            int end = end(given, at);
            ranges.add(range(given, at, end));
            at = end + 1;
            if (at < given.length()) {
                if (given.charAt(at) != ',' || at + 1 == given.length()) {
                    throw wrong(given);
                }
                at++;
            }
        }
        return new VersionRequirement(given, List.copyOf(ranges));
    }

    private static int end(String given, int from) {
        for (int i = from + 1; i < given.length(); i++) {
            if (given.charAt(i) == ']' || given.charAt(i) == ')') {
                return i;
            }
        }
        throw wrong(given);
    }

    private static Range range(String given, int from, int end) {
        boolean fromIncluded = given.charAt(from) == '[';
        boolean toIncluded = given.charAt(end) == ']';
        if (!fromIncluded && given.charAt(from) != '(') {
            throw wrong(given);
        }
        String[] bounds = given.substring(from + 1, end).split(",", -1);
        if (bounds.length == 1 && fromIncluded && toIncluded && !bounds[0].isBlank()) {
            PluginVersion exactly = new PluginVersion(bounds[0].strip());
            return new Range(exactly, true, exactly, true);
        }
        if (bounds.length != 2) {
            throw wrong(given);
        }
        PluginVersion low = bounds[0].isBlank() ? null : new PluginVersion(bounds[0].strip());
        PluginVersion high = bounds[1].isBlank() ? null : new PluginVersion(bounds[1].strip());
        if (low != null && high != null && low.compareTo(high) > 0) {
            throw wrong(given);
        }
        return new Range(low, fromIncluded, high, toIncluded);
    }

    private static IllegalArgumentException wrong(String given) {
        return new IllegalArgumentException("'" + given + "' is no version requirement; write one version, a range such as [1.0,2.0), or latest");
    }

    boolean isNone() {
        return this == NONE;
    }

    boolean accepts(String version) {
        PluginVersion given = new PluginVersion(version);
        return ranges.isEmpty() || ranges.stream().anyMatch(range -> range.contains(given));
    }

    @Override
    public String toString() {
        return text;
    }
}

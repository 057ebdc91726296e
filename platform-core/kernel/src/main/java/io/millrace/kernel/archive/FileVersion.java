package io.millrace.kernel.archive;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Name and version of a plain plugin as its file name gives them: {@code mongo-kafka-connect-1.13.0-all.jar}. */
record FileVersion(String name, String version) {

    private static final Pattern SUFFIX = Pattern.compile("(?i)\\.(jar|zip|tar\\.gz|tgz)$");
    private static final Pattern VERSIONED = Pattern.compile("^(.+?)[-_]v?(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?(?:[.\\-_](.+))?$");

    static FileVersion of(String fileName) {
        String bare = SUFFIX.matcher(fileName).replaceFirst("");
        Matcher matcher = VERSIONED.matcher(bare);
        if (!matcher.matches() || !numbersFit(matcher)) {
            return new FileVersion(clean(bare), "0.0.0");
        }
        String version = matcher.group(2) + "." + orZero(matcher.group(3)) + "." + orZero(matcher.group(4));
        String qualifier = matcher.group(5);
        return new FileVersion(clean(matcher.group(1)),
                qualifier == null ? version : version + "." + qualifier.replaceAll("[^A-Za-z0-9_-]", "_"));
    }

    private static boolean numbersFit(Matcher matcher) {
        for (int group = 2; group <= 4; group++) {
            if (matcher.group(group) != null && matcher.group(group).length() > 9) {
                return false;
            }
        }
        return true;
    }

    private static String orZero(String number) {
        return number == null ? "0" : number;
    }

    private static String clean(String name) {
        String clean = name.replaceAll("[^A-Za-z0-9_.-]", "-").replaceAll("^[.-]+", "");
        return clean.isEmpty() ? "plugin" : clean;
    }
}

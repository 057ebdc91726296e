package io.millrace.kernel.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;

/** Resolves a bundle before anything of it runs, and says in plain words what nobody offers if it does not. */
final class Resolution {

    private static final String JAVA = "osgi.ee";
    private static final Pattern AT_LEAST = Pattern.compile("\\(version>=([^)]*)\\)");
    private static final Pattern BELOW = Pattern.compile("\\(!\\(version>=([^)]*)\\)\\)");
    private static final int MOST_NAMED = 8;

    private final BundleContext context;

    Resolution(BundleContext context) {
        this.context = context;
    }

    /** @return empty if the bundle is resolved, or what is missing, one sentence each */
    List<String> missing(Bundle bundle) {
        FrameworkWiring wiring = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
        if (wiring.resolveBundles(List.of(bundle))) {
            return List.of();
        }
        List<String> missing = new ArrayList<>();
        for (BundleRequirement requirement : bundle.adapt(BundleRevision.class).getDeclaredRequirements(null)) {
            boolean mandatory = !"optional".equals(requirement.getDirectives().get("resolution"));
            boolean dynamic = "dynamic".equals(requirement.getDirectives().get("resolution"));
            if (mandatory && !dynamic && !isOffered(requirement)) {
                missing.add(explain(requirement));
            }
        }
        if (missing.isEmpty()) {
            missing.add(frameworksWords(bundle));
        }
        if (missing.size() > MOST_NAMED) {
            int more = missing.size() - MOST_NAMED;
            missing = new ArrayList<>(missing.subList(0, MOST_NAMED));
            missing.add("and " + more + " more");
        }
        return missing;
    }

    private boolean isOffered(BundleRequirement requirement) {
        return capabilities(requirement.getNamespace()).stream().anyMatch(requirement::matches);
    }

    private List<BundleCapability> capabilities(String namespace) {
        List<BundleCapability> all = new ArrayList<>();
        for (Bundle other : context.getBundles()) {
            BundleRevision revision = other.adapt(BundleRevision.class);
            if (revision != null) {
                all.addAll(revision.getDeclaredCapabilities(namespace));
            }
        }
        return all;
    }

    private String explain(BundleRequirement requirement) {
        String filter = requirement.getDirectives().getOrDefault("filter", "");
        String range = range(filter);
        return switch (requirement.getNamespace()) {
            case PackageNamespace.PACKAGE_NAMESPACE -> {
                String name = value(filter, PackageNamespace.PACKAGE_NAMESPACE);
                TreeSet<String> offered = new TreeSet<>();
                for (BundleCapability capability : capabilities(PackageNamespace.PACKAGE_NAMESPACE)) {
                    if (name.equals(capability.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE))) {
                        offered.add(capability.getAttributes().get("version") + " by " + capability.getRevision().getSymbolicName());
                    }
                }
                yield offered.isEmpty()
                        ? "it needs package " + name + range + ", which nobody offers; put the library that has it into the plugin"
                        : "it needs package " + name + range + ", but what is offered is " + String.join(", ", offered)
                                + "; build the plugin against that version";
            }
            case JAVA -> "it needs Java " + range.strip() + ", this is Java " + Runtime.version().feature()
                    + "; run the platform on that Java or build the plugin for this one";
            default -> "it needs " + requirement.getNamespace() + " " + filter + ", which nobody offers; install the bundle that does first";
        };
    }

    private static String range(String filter) {
        Matcher from = AT_LEAST.matcher(filter.replaceAll("\\(!\\(version>=[^)]*\\)\\)", ""));
        Matcher below = BELOW.matcher(filter);
        Matcher exact = Pattern.compile("\\(version=([^)]*)\\)").matcher(filter);
        if (exact.find()) {
            return " " + exact.group(1);
        }
        String least = from.find() ? from.group(1) : null;
        String limit = below.find() ? below.group(1) : null;
        if (least == null) {
            return "";
        }
        return limit == null ? " " + least + " or later" : " [" + least + "," + limit + ")";
    }

    private static String value(String filter, String key) {
        Matcher matcher = Pattern.compile("\\(" + Pattern.quote(key) + "=([^)]*)\\)").matcher(filter);
        return matcher.find() ? matcher.group(1) : filter;
    }

    /** Each need alone is met but not all together; only the framework can say why, and only when asked to start. */
    private static String frameworksWords(Bundle bundle) {
        try {
            bundle.start(Bundle.START_TRANSIENT);
            return "it resolves now; try again";
        } catch (BundleException e) {
            return "its needs contradict each other: " + e.getMessage();
        }
    }
}

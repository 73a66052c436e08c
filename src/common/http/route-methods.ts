import { type Request } from 'express';

interface RouteLayer {
  readonly route: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): unknown;
}

/** The methods that the routes of a request's path understand, asked of Express's router itself; empty = no such path. */
export function allowedMethods(req: Request): string[] {
  const methods = new Set<string>();
  for (const layer of req.app.router.stack) {
    if (isRouteLayer(layer) && matches(layer, req.path)) {
      for (const method of Object.keys(layer.route.methods)) {
        methods.add(method.toUpperCase());
      }
    }
  }
  if (methods.has('GET')) {
    methods.add('HEAD');
  }
  return [...methods].toSorted();
}

/** Middleware has no route. */
function isRouteLayer(layer: object): layer is RouteLayer {
  return 'route' in layer && layer.route !== undefined && 'match' in layer;
}

/** A path with broken percent-encoding makes the router throw; it matches nothing. */
function matches(layer: RouteLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch (error) {
    if (error instanceof URIError) {
      return false;
    }
    throw error;
  }
}

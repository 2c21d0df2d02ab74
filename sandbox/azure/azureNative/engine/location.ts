/**
 * A region's name as Azure stores it: "West Europe" and "westeurope" are one region.
 * Source: pulumi/pulumi-azure-native, provider/pkg/provider/diff.go.
 */
export function normalLocation(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}
